import { z } from 'zod'

const price = z.number().positive()

export const tradeSchema = z.object({
  symbol: z.string().min(1).max(20).toUpperCase(),
  direction: z.enum(['long', 'short']),
  status: z.enum(['open', 'closed']).default('open'),
  entryPrice: price,
  exitPrice: price.nullish(),
  stopPrice: price.nullish(),
  riskPct: z.number().min(0).max(100).nullish(),
  entryTime: z.coerce.date(),
  exitTime: z.coerce.date().nullish(),
  thesis: z.string().max(5000).optional(),
  tags: z.array(z.string().max(40)).max(12).default([]),
})

export const tradeChangeSchema = tradeSchema.partial()

export const importSchema = z.object({ trades: z.array(tradeSchema).min(1).max(500) })
