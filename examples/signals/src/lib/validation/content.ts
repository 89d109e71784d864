import { z } from 'zod'

export const kindSchema = z.enum(['article', 'analysis', 'guide'])

export const contentSchema = z.object({
  slug: z.string().regex(/^[a-z0-9-]{3,120}$/),
  kind: kindSchema,
  title: z.string().min(3).max(200),
  excerpt: z.string().max(500).optional(),
  body: z.string().min(1),
  tags: z.array(z.string().min(1).max(40)).max(12).default([]),
  locked: z.boolean().default(false),
  minTier: z.enum(['free', 'pro', 'elite']).default('free'),
  publishedAt: z.coerce.date().nullish(),
})

export const contentChangeSchema = contentSchema.partial()

export const eventSchema = z
  .object({
    slug: z.string().regex(/^[a-z0-9-]{3,120}$/),
    title: z.string().min(3).max(200),
    description: z.string().max(5000).optional(),
    startsAt: z.coerce.date(),
    endsAt: z.coerce.date(),
    capacity: z.number().int().positive().optional(),
    tags: z.array(z.string()).max(12).default([]),
    streamUrl: z.string().url().optional(),
  })
  .refine((event) => event.endsAt > event.startsAt, { message: 'An event ends after it starts' })

export const episodeSchema = z.object({
  slug: z.string().regex(/^[a-z0-9-]{3,120}$/),
  category: z.enum(['macro', 'crypto', 'mindset']),
  title: z.string().min(3).max(200),
  summary: z.string().max(2000).optional(),
  audioUrl: z.string().url(),
  durationSec: z.number().int().positive(),
  topics: z.array(z.string()).max(12).default([]),
  publishedAt: z.coerce.date().nullish(),
})
