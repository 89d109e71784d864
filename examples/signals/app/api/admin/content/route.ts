import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { logAudit } from '@/lib/audit'
import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'
import { contentSchema, kindSchema } from '@/lib/validation/content'

export async function GET(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const kind = kindSchema.parse(new URL(request.url).searchParams.get('kind') ?? 'article')
    const contents = await prisma.content.findMany({
      where: { kind },
      select: { id: true, slug: true, title: true, tags: true, locked: true, publishedAt: true },
      orderBy: { publishedAt: 'desc' },
      take: 100,
    })
    return NextResponse.json(contents.map((content) => ({ ...content, tags: parseList(content.tags) })))
  } catch (error) {
    console.error('Content list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const data = contentSchema.parse(await request.json())
    const content = await prisma.content.create({
      data: { ...data, tags: JSON.stringify(data.tags), authorId: user.id },
    })
    await logAudit(user.id, 'create', 'content', content.id, { slug: content.slug, title: content.title })
    return NextResponse.json(content, { status: 201 })
  } catch (error) {
    console.error('Content create error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
