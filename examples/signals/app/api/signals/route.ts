import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser } from '@/lib/auth'
import { parseList, parseObject } from '@/lib/json'
import { prisma } from '@/lib/prisma'

const querySchema = z.object({
  status: z.enum(['open', 'closed']).default('open'),
  cursor: z.string().cuid().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

export async function GET(request: Request) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { status, cursor, limit } = querySchema.parse(Object.fromEntries(new URL(request.url).searchParams))
    const trades = await prisma.signalTrade.findMany({
      where: { status },
      include: { createdBy: { select: { name: true, image: true } } },
      orderBy: [{ entryTime: 'desc' }, { id: 'desc' }],
      take: limit + 1,
      ...(cursor ? { cursor: { id: cursor }, skip: 1 } : {}),
    })
    const page = trades.slice(0, limit)
    return NextResponse.json({
      trades: page.map((trade) => ({ ...trade, tags: parseList(trade.tags), metadata: parseObject(trade.metadata) })),
      nextCursor: trades.length > limit ? page[page.length - 1].id : null,
    })
  } catch (error) {
    console.error('Signal list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
