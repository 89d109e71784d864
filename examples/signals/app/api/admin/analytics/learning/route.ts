import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

const WEEK = 7 * 24 * 60 * 60 * 1000

/** What was learned in the last week. */
export async function GET() {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const since = new Date(Date.now() - WEEK)
    const finished = await prisma.lessonProgress.count({ where: { completedAt: { gte: since } } })
    const passed = await prisma.quizSubmission.count({ where: { passed: true } })
    const failed = await prisma.quizSubmission.count({ where: { passed: false } })
    return NextResponse.json({ finished, passed, failed })
  } catch (error) {
    console.error('Learning analytics error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
