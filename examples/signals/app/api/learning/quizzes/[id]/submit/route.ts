import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser } from '@/lib/auth'
import { parseList } from '@/lib/json'
import { refreshProgress, score } from '@/lib/learning'
import { prisma } from '@/lib/prisma'
import { newToken } from '@/lib/tokens'

type Context = { params: Promise<{ id: string }> }

const submitSchema = z.object({ answers: z.record(z.number().int()) })

export async function POST(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { id } = await params
    const { answers } = submitSchema.parse(await request.json())
    const quiz = await prisma.quiz.findUnique({
      where: { id },
      include: { lesson: { select: { id: true, section: { select: { trackId: true } } } } },
    })
    if (!quiz) return NextResponse.json({ error: 'Not found' }, { status: 404 })

    const scorePct = score(parseList(quiz.questions), answers)
    const passed = scorePct >= quiz.passPct
    const submission = await prisma.quizSubmission.create({
      data: { quizId: quiz.id, userId: user.id, answers: JSON.stringify(answers), scorePct, passed },
    })
    if (passed) {
      const { trackId } = quiz.lesson.section
      await prisma.lessonProgress.upsert({
        where: { userId_lessonId: { userId: user.id, lessonId: quiz.lesson.id } },
        create: { userId: user.id, lessonId: quiz.lesson.id, completedAt: new Date() },
        update: { completedAt: new Date() },
      })
      const progressPct = await refreshProgress(user.id, trackId)
      if (progressPct === 100) {
        await prisma.certificate.upsert({
          where: { userId_trackId: { userId: user.id, trackId } },
          create: { userId: user.id, trackId, code: newToken().token.slice(0, 12) },
          update: {},
        })
      }
    }
    return NextResponse.json(submission, { status: 201 })
  } catch (error) {
    console.error('Quiz error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
