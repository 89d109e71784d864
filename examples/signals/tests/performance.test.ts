import { Prisma } from '@prisma/client'
import { describe, expect, it } from 'vitest'
import { resultPct, summarize } from '@/lib/performance'

const price = (value: number) => new Prisma.Decimal(value)

describe('resultPct', () => {
  it('is what a long trade brought', () => {
    expect(resultPct({ direction: 'long', entryPrice: price(100), exitPrice: price(110) })).toBe(10)
  })

  it('turns around for a short trade', () => {
    expect(resultPct({ direction: 'short', entryPrice: price(100), exitPrice: price(110) })).toBe(-10)
  })

  it('is nothing while the trade is open', () => {
    expect(resultPct({ direction: 'long', entryPrice: price(100), exitPrice: null })).toBeNull()
  })
})

describe('summarize', () => {
  it('counts wins', () => {
    expect(summarize([10, -5, 4])).toEqual({ trades: 3, wins: 2, winRate: 2 / 3, averagePct: 3 })
  })

  it('is all zero without trades', () => {
    expect(summarize([])).toEqual({ trades: 0, wins: 0, winRate: 0, averagePct: 0 })
  })
})
