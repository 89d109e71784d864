'use server'

import { revalidatePath } from 'next/cache'
import { hasRole, requireUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'
import { chaptersSchema, importReplaySchema, transcriptSchema } from '@/lib/validation/replay'

async function requireEditor() {
  const user = await requireUser()
  if (!hasRole(user, 'editor')) throw new Error('Only editors change replays')
  return user
}

/** Replaces the chapters of a replay. */
export async function saveChapters(input: unknown) {
  await requireEditor()
  const { replayId, chapters } = chaptersSchema.parse(input)
  await prisma.$transaction([
    prisma.chapter.deleteMany({ where: { replayId } }),
    prisma.chapter.createMany({ data: chapters.map((chapter) => ({ ...chapter, replayId })) }),
  ])
  revalidatePath('/replays')
}

/** Replaces the transcript of a replay in one language. */
export async function saveTranscript(input: unknown) {
  await requireEditor()
  const { replayId, language, text } = transcriptSchema.parse(input)
  await prisma.$transaction(async (tx) => {
    await tx.transcript.upsert({
      where: { replayId_language: { replayId, language } },
      create: { replayId, language, text },
      update: { text },
    })
    await tx.replay.update({ where: { id: replayId }, data: { updatedAt: new Date() } })
  })
  revalidatePath('/replays')
}

/** Takes over chapters and transcript as the recorder delivers them, and publishes the replay. */
export async function importReplay(input: unknown) {
  await requireEditor()
  const { replayId, chapters, language, text } = importReplaySchema.parse(input)
  await prisma.$transaction(async (tx) => {
    await tx.chapter.deleteMany({ where: { replayId } })
    await tx.chapter.createMany({ data: chapters.map((chapter) => ({ ...chapter, replayId })) })
    await tx.transcript.deleteMany({ where: { replayId, language } })
    await tx.transcript.create({ data: { replayId, language, text } })
    await tx.replay.update({ where: { id: replayId }, data: { publishedAt: new Date() } })
  })
  revalidatePath('/replays')
}
