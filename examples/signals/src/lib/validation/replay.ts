import { z } from 'zod'

export const chapterSchema = z.object({
  startSec: z.number().int().min(0),
  title: z.string().min(1).max(120),
})

export const chaptersSchema = z.object({
  replayId: z.string().cuid(),
  chapters: z.array(chapterSchema).max(100),
})

export const transcriptSchema = z.object({
  replayId: z.string().cuid(),
  language: z.string().length(2),
  text: z.string().min(1).max(500_000),
})

export const importReplaySchema = chaptersSchema.extend({
  language: z.string().length(2),
  text: z.string().min(1).max(500_000),
})
