'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { requireUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

const bookmarkSchema = z.object({ contentId: z.string().cuid(), note: z.string().max(500).optional() })
const progressSchema = z.object({ contentId: z.string().cuid(), scrollPct: z.number().int().min(0).max(100) })

export async function bookmarkContent(input: unknown) {
  const user = await requireUser()
  const { contentId, note } = bookmarkSchema.parse(input)
  await prisma.bookmark.upsert({
    where: { userId_contentId: { userId: user.id, contentId } },
    create: { userId: user.id, contentId, note },
    update: { note },
  })
  revalidatePath('/dashboard')
}

export async function removeBookmark(id: string) {
  const user = await requireUser()
  await prisma.bookmark.deleteMany({ where: { id: z.string().cuid().parse(id), userId: user.id } })
  revalidatePath('/dashboard')
}

export async function saveReadingProgress(input: unknown) {
  const user = await requireUser()
  const { contentId, scrollPct } = progressSchema.parse(input)
  const finishedAt = scrollPct >= 95 ? new Date() : null
  await prisma.readingProgress.upsert({
    where: { userId_contentId: { userId: user.id, contentId } },
    create: { userId: user.id, contentId, scrollPct, finishedAt },
    update: { scrollPct, finishedAt },
  })
}
