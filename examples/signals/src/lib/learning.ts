import { prisma } from '@/lib/prisma'

export interface QuizQuestion {
  id: number
  prompt: string
  options: string[]
  answer: number
}

/** Computes how much of a track is done and stores it with the enrollment. */
export async function refreshProgress(userId: string, trackId: string) {
  const total = await prisma.lesson.count({ where: { section: { trackId } } })
  const done = await prisma.lessonProgress.count({
    where: { userId, completedAt: { not: null }, lesson: { section: { trackId } } },
  })
  const progressPct = total ? Math.round((done / total) * 100) : 0
  await prisma.enrollment.update({
    where: { userId_trackId: { userId, trackId } },
    data: { progressPct, completedAt: progressPct === 100 ? new Date() : null },
  })
  return progressPct
}

/** The share of right answers, in percent. */
export function score(questions: QuizQuestion[], answers: Record<string, number>): number {
  if (!questions.length) return 0
  const right = questions.filter((question) => answers[String(question.id)] === question.answer).length
  return Math.round((right / questions.length) * 100)
}
