'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { requireUser } from '@/lib/auth'
import { parseObject } from '@/lib/json'
import { prisma } from '@/lib/prisma'

const preferencesSchema = z.object({
  theme: z.enum(['light', 'dark', 'system']).optional(),
  emailDigest: z.enum(['never', 'daily', 'weekly']).optional(),
  mutedChannels: z.array(z.string()).max(100).optional(),
})

export async function savePreferences(input: unknown) {
  const user = await requireUser()
  const changes = preferencesSchema.parse(input)
  const preferences = { ...parseObject(user.preferences), ...changes }
  await prisma.user.update({
    where: { id: user.id },
    data: { preferences: JSON.stringify(preferences) },
  })
  revalidatePath('/dashboard')
}
