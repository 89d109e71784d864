import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { tiersFor } from '@/lib/entitlements'
import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'

/** What those read who share the interest that weighs most. */
export async function GET() {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const strongest = await prisma.userInterest.findFirst({
      where: { userId: user.id },
      orderBy: { weight: 'desc' },
    })
    if (!strongest) return NextResponse.json([])
    const alike = await prisma.userInterest.findMany({
      where: { tag: strongest.tag },
      select: { userId: true },
      orderBy: { weight: 'desc' },
      take: 200,
    })
    const bookmarks = await prisma.bookmark.findMany({
      where: { userId: { in: alike.map((interest) => interest.userId) }, contentId: { not: null } },
      select: { contentId: true },
      orderBy: { createdAt: 'desc' },
      take: 100,
    })
    const contents = await prisma.content.findMany({
      where: {
        id: { in: bookmarks.map((bookmark) => bookmark.contentId as string) },
        minTier: { in: tiersFor(user) },
        locked: false,
      },
      select: { slug: true, title: true, excerpt: true, tags: true },
      orderBy: { publishedAt: 'desc' },
      take: 10,
    })
    return NextResponse.json(contents.map((content) => ({ ...content, tags: parseList(content.tags) })))
  } catch (error) {
    console.error('Recommendation error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
