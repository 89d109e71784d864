import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { mayRead } from '@/lib/entitlements'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ slug: string }> }

export async function GET(_request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { slug } = await params
    const channel = await prisma.channel.findUnique({ where: { slug } })
    if (!channel || !mayRead(user, channel.minTier)) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    const messages = await prisma.message.findMany({
      where: { channelId: channel.id },
      include: { user: { select: { name: true, image: true } }, reactions: true },
      orderBy: { createdAt: 'desc' },
      take: 50,
    })
    return NextResponse.json(messages.reverse())
  } catch (error) {
    console.error('Message list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}

export async function POST(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { slug } = await params
    const { text } = await request.json()
    const channel = await prisma.channel.findUnique({ where: { slug } })
    if (!channel || !mayRead(user, channel.minTier)) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    const message = await prisma.message.create({ data: { channelId: channel.id, userId: user.id, body: text } })
    return NextResponse.json(message, { status: 201 })
  } catch (error) {
    console.error('Message error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
