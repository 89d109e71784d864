import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

/** How far the user is in each of the tracks. */
export async function GET() {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const enrollments = await prisma.enrollment.findMany({
      where: { userId: user.id },
      include: { track: { select: { id: true, title: true } } },
    })

    const rows: any[] = []
    for (const enrollment of enrollments) {
      const lessons = await prisma.lesson.count({ where: { section: { trackId: enrollment.trackId } } })
      const progress = await prisma.lessonProgress.findMany({
        where: { userId: user.id, lesson: { section: { trackId: enrollment.trackId } } },
      })
      rows.push({
        track: enrollment.track.title,
        lessons,
        finished: progress.filter((entry) => entry.completedAt).length,
        watchSec: progress.reduce((sum, entry) => sum + entry.watchSec, 0),
      })
    }
    return NextResponse.json(rows)
  } catch (error) {
    console.error('Learning analytics error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
