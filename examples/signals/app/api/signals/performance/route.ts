import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { resultPct, summarize } from '@/lib/performance'
import { prisma } from '@/lib/prisma'

export async function GET(request: Request) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { searchParams } = new URL(request.url)
    const symbol = searchParams.get('symbol')
    const since = searchParams.get('since')

    const allTrades = await prisma.signalTrade.findMany({
      orderBy: { entryTime: 'asc' },
    })
    const trades = allTrades
      .filter((trade) => trade.status === 'closed')
      .filter((trade) => !symbol || trade.symbol === symbol)
      .filter((trade) => !since || trade.entryTime >= new Date(since))

    const results = trades.map(resultPct).filter((result): result is number => result !== null)
    return NextResponse.json(summarize(results))
  } catch (error) {
    console.error('Performance error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
