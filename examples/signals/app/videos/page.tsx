import Link from 'next/link'
import { requireUser } from '@/lib/auth'
import { mayRead } from '@/lib/entitlements'
import { prisma } from '@/lib/prisma'

export default async function VideosPage() {
  const user = await requireUser()
  const videos = await prisma.video.findMany({
    where: { publishedAt: { not: null } },
    orderBy: { publishedAt: 'desc' },
  })
  return (
    <>
      <h1>Videos</h1>
      <ul>
        {videos.map((video) => (
          <li key={video.id}>
            {mayRead(user, video.minTier) ? <Link href={`/videos/${video.id}`}>{video.title}</Link> : video.title}
          </li>
        ))}
      </ul>
    </>
  )
}
