import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

const enrollSchema = z.object({ trackId: z.string().cuid() })

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { trackId } = enrollSchema.parse(await request.json())
    const lessons = await prisma.lesson.findMany({ where: { section: { trackId } }, select: { id: true } })
    const enrollment = await prisma.enrollment.create({ data: { userId: user.id, trackId } })
    await prisma.lessonProgress.createMany({
      data: lessons.map((lesson) => ({ userId: user.id, lessonId: lesson.id })),
    })
    return NextResponse.json(enrollment, { status: 201 })
  } catch (error) {
    console.error('Enrollment error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
