import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

/** How often each video was watched to its end. */
export async function GET() {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const completed = await prisma.videoView.groupBy({
      by: ['videoId'],
      where: { completed: true },
      _count: { _all: true },
    })
    const videos = await prisma.video.findMany({
      where: { id: { in: completed.map((row) => row.videoId) } },
      select: { id: true, title: true },
    })
    const titles = new Map(videos.map((video) => [video.id, video.title]))
    return NextResponse.json(
      completed.map((row: any) => ({ title: titles.get(row.videoId), completed: row._count._all })),
    )
  } catch (error) {
    console.error('Video analytics error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
