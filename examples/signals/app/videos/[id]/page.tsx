import { notFound } from 'next/navigation'
import { requireUser } from '@/lib/auth'
import { mayRead } from '@/lib/entitlements'
import { prisma } from '@/lib/prisma'

type Props = { params: Promise<{ id: string }> }

export default async function VideoPage({ params }: Props) {
  const user = await requireUser()
  const { id } = await params
  const video = await prisma.video.findUnique({ where: { id } })
  if (!video || !mayRead(user, video.minTier)) notFound()

  try {
    await prisma.videoView.create({ data: { videoId: video.id, userId: user.id } })
  } catch (error) {
    console.error('View count error:', error)
  }

  const views = await prisma.videoView.count({ where: { videoId: video.id } })
  return (
    <article>
      <h1>{video.title}</h1>
      <video src={video.url} controls />
      <p>{views} views</p>
    </article>
  )
}
