import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { refreshProgress } from '@/lib/learning'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ id: string }> }

export async function POST(_request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { id } = await params
    const lesson = await prisma.lesson.findUnique({ where: { id }, select: { section: { select: { trackId: true } } } })
    if (!lesson) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    await prisma.lessonProgress.upsert({
      where: { userId_lessonId: { userId: user.id, lessonId: id } },
      create: { userId: user.id, lessonId: id, completedAt: new Date() },
      update: { completedAt: new Date() },
    })
    const progressPct = await refreshProgress(user.id, lesson.section.trackId)
    return NextResponse.json({ progressPct })
  } catch (error) {
    console.error('Lesson error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
