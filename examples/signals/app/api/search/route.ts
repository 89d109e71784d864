import { NextResponse } from 'next/server'
import { z } from 'zod'
import { prisma } from '@/lib/prisma'

const querySchema = z.object({ q: z.string().min(2).max(80) })

interface Hit {
  slug: string
  title: string
  excerpt: string | null
}

export async function GET(request: Request) {
  try {
    const { q } = querySchema.parse(Object.fromEntries(new URL(request.url).searchParams))
    const pattern = `%${q}%`
    const hits = await prisma.$queryRaw<Hit[]>`
      SELECT "slug", "title", "excerpt"
      FROM "Content"
      WHERE "publishedAt" IS NOT NULL AND ("title" LIKE ${pattern} OR "body" LIKE ${pattern})
      ORDER BY "publishedAt" DESC
      LIMIT 20`
    return NextResponse.json(hits)
  } catch (error) {
    console.error('Search error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
