import { z } from 'zod'

const lessonSchema = z.object({
  title: z.string().min(2).max(200),
  contentMDX: z.string().min(1),
  resources: z.array(z.object({ title: z.string(), url: z.string().url() })).max(30).default([]),
})

export const trackSchema = z.object({
  title: z.string().min(3).max(200),
  description: z.string().max(5000).optional(),
  minTier: z.enum(['free', 'pro', 'elite']).default('free'),
  sections: z
    .array(z.object({ title: z.string().min(2).max(200), lessons: z.array(lessonSchema).max(50) }))
    .max(30),
})
