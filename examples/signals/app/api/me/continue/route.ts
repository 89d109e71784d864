import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

const querySchema = z.object({ limit: z.coerce.number().int().min(1).max(20).default(5) })

/** Where the user left off: three queries, however many tracks. */
export async function GET(request: Request) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { limit } = querySchema.parse(Object.fromEntries(new URL(request.url).searchParams))

    const enrollments = await prisma.enrollment.findMany({
      where: { userId: user.id, completedAt: null },
      include: { track: { select: { slug: true, title: true } } },
      orderBy: { updatedAt: 'desc' },
      take: limit,
    })
    const lessons = await prisma.lesson.findMany({
      where: { section: { trackId: { in: enrollments.map((enrollment) => enrollment.trackId) } } },
      select: { id: true, slug: true, title: true, section: { select: { trackId: true } } },
      orderBy: [{ section: { position: 'asc' } }, { position: 'asc' }],
    })
    const done = await prisma.lessonProgress.findMany({
      where: { userId: user.id, lessonId: { in: lessons.map((lesson) => lesson.id) }, completedAt: { not: null } },
      select: { lessonId: true },
    })

    const finished = new Set(done.map((progress) => progress.lessonId))
    return NextResponse.json(
      enrollments.map((enrollment) => ({
        track: enrollment.track,
        progressPct: enrollment.progressPct,
        next: lessons.find((l) => l.section.trackId === enrollment.trackId && !finished.has(l.id)) ?? null,
      })),
    )
  } catch (error) {
    console.error('Continue error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
