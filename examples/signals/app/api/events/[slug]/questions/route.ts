import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ slug: string }> }

export async function GET(_request: Request, { params }: Context) {
  try {
    const { slug } = await params
    const event = await prisma.event.findUnique({ where: { slug }, select: { id: true } })
    if (!event) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    const questions = await prisma.question.findMany({
      where: { eventId: event.id },
      include: { user: { select: { name: true } }, _count: { select: { votes: true } } },
      orderBy: { createdAt: 'desc' },
      take: 100,
    })
    return NextResponse.json(questions)
  } catch (error) {
    console.error('Question list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}

export async function POST(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { slug } = await params
    const { text } = await request.json()
    const event = await prisma.event.findUnique({ where: { slug }, select: { id: true } })
    if (!event) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    const question = await prisma.question.create({ data: { eventId: event.id, userId: user.id, text } })
    return NextResponse.json(question, { status: 201 })
  } catch (error) {
    console.error('Question error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
