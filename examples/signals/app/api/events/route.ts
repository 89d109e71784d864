import { NextResponse } from 'next/server'
import { z } from 'zod'
import { prisma } from '@/lib/prisma'

const querySchema = z.object({
  cursor: z.string().cuid().optional(),
  limit: z.coerce.number().int().min(1).max(50).default(20),
})

export async function GET(request: Request) {
  try {
    const { cursor, limit } = querySchema.parse(Object.fromEntries(new URL(request.url).searchParams))
    const events = await prisma.event.findMany({
      where: { startsAt: { gte: new Date() } },
      select: { id: true, slug: true, title: true, startsAt: true, endsAt: true, host: { select: { name: true } } },
      orderBy: [{ startsAt: 'asc' }, { id: 'asc' }],
      take: limit + 1,
      ...(cursor ? { cursor: { id: cursor }, skip: 1 } : {}),
    })
    const page = events.slice(0, limit)
    return NextResponse.json({
      events: page,
      nextCursor: events.length > limit ? page[page.length - 1].id : null,
    })
  } catch (error) {
    console.error('Event list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
