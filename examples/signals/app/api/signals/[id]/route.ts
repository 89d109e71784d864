import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ id: string }> }

export async function GET(_request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { id } = await params
    const trade = await prisma.signalTrade.findUnique({
      where: { id },
      include: {
        createdBy: { select: { name: true } },
        updates: { orderBy: { createdAt: 'asc' }, take: 50 },
      },
    })
    if (!trade) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    return NextResponse.json({ ...trade, tags: parseList(trade.tags) })
  } catch (error) {
    console.error('Signal error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
