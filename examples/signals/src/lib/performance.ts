import type { SignalTrade } from '@prisma/client'

export interface Performance {
  trades: number
  wins: number
  winRate: number
  averagePct: number
}

/** What a trade brought, in percent of its entry; null while it is open. */
export function resultPct(trade: Pick<SignalTrade, 'direction' | 'entryPrice' | 'exitPrice'>): number | null {
  if (!trade.exitPrice) return null
  const change = trade.exitPrice.minus(trade.entryPrice).div(trade.entryPrice).times(100).toNumber()
  return trade.direction === 'short' ? -change : change
}

export function summarize(results: number[]): Performance {
  const wins = results.filter((result) => result > 0).length
  const total = results.reduce((sum, result) => sum + result, 0)
  return {
    trades: results.length,
    wins,
    winRate: results.length ? wins / results.length : 0,
    averagePct: results.length ? total / results.length : 0,
  }
}
