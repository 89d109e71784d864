import { NextResponse } from 'next/server'
import { parseList, parseObject } from '@/lib/json'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ slug: string }> }

export async function GET(_request: Request, { params }: Context) {
  try {
    const { slug } = await params
    const event = await prisma.event.findUnique({
      where: { slug },
      include: {
        host: { select: { name: true, image: true } },
        rsvps: { include: { user: true } },
      },
    })
    if (!event) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    return NextResponse.json({
      ...event,
      tags: parseList(event.tags),
      metadata: parseObject(event.metadata),
      rsvps: event.rsvps.map(({ status, user }) => ({ status, name: user.name, image: user.image })),
    })
  } catch (error) {
    console.error('Event error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
