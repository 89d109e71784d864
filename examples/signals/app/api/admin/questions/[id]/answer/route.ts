import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { notifyAll } from '@/lib/notify'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ id: string }> }

/** Marks a question as answered and tells who asked it. */
export async function POST(_request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { id } = await params
    const question = await prisma.question.update({
      where: { id },
      data: { answeredAt: new Date() },
      include: { event: { select: { slug: true, title: true } } },
    })
    await notifyAll([question.userId], {
      type: 'event',
      title: `Your question was answered in ${question.event.title}`,
      data: { event: question.event.slug },
    })
    return NextResponse.json({ ok: true })
  } catch (error) {
    console.error('Answer error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
