import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'

export default async function MacroPage() {
  const episodes = await prisma.episode.findMany({
    orderBy: { publishedAt: 'desc' },
  })
  const macro = episodes.filter((episode) => episode.category === 'macro')
  const others = episodes.filter((episode) => episode.category !== 'macro')

  return (
    <>
      <h1>Macro</h1>
      <ul>
        {macro.map((episode) => (
          <li key={episode.id}>
            {episode.title} <small>{parseList(episode.topics).join(', ')}</small>
          </li>
        ))}
      </ul>
      <h2>Other shows</h2>
      <ul>
        {others.map((episode) => (
          <li key={episode.id}>{episode.title}</li>
        ))}
      </ul>
    </>
  )
}
