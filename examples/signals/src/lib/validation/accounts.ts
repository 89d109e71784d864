import { z } from 'zod'

export const registerSchema = z.object({
  email: z.string().email().max(254).toLowerCase(),
  name: z.string().min(1).max(80),
  password: z.string().min(12).max(200),
})

export const loginSchema = z.object({
  email: z.string().email().toLowerCase(),
  password: z.string().min(1),
})

export const userChangeSchema = z.object({
  role: z.enum(['guest', 'member', 'editor', 'admin']).optional(),
  tier: z.enum(['free', 'pro', 'elite']).optional(),
})

export const clientSchema = z.object({
  name: z.string().min(2).max(120),
  slug: z.string().regex(/^[a-z0-9-]{2,60}$/),
  ownerId: z.string().cuid(),
  invite: z.array(z.string().email()).max(50).default([]),
})
