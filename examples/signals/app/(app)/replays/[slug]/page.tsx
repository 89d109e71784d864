import { notFound } from 'next/navigation'
import { prisma } from '@/lib/prisma'

type Props = { params: Promise<{ slug: string }> }

export default async function ReplayPage({ params }: Props) {
  const { slug } = await params
  const event = await prisma.event.findUnique({
    where: { slug },
    select: {
      title: true,
      replay: {
        include: {
          chapters: { orderBy: { startSec: 'asc' } },
          transcripts: { where: { language: 'en' } },
        },
      },
    },
  })
  if (!event?.replay?.publishedAt) notFound()
  const replay = event.replay
  return (
    <article>
      <h1>{event.title}</h1>
      <video src={replay.videoUrl} controls />
      <ol>
        {replay.chapters.map((chapter) => (
          <li key={chapter.id}>{chapter.title}</li>
        ))}
      </ol>
      <p>{replay.transcripts[0]?.text}</p>
    </article>
  )
}
