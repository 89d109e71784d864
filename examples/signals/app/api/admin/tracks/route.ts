import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { logAudit } from '@/lib/audit'
import { prisma } from '@/lib/prisma'
import { slugify } from '@/lib/slug'
import { trackSchema } from '@/lib/validation/learning'

/** A track with its sections and lessons, in one nested write. */
export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { title, description, minTier, sections } = trackSchema.parse(await request.json())
    const track = await prisma.track.create({
      data: {
        slug: slugify(title),
        title,
        description,
        minTier,
        sections: {
          create: sections.map((section, position) => ({
            title: section.title,
            position,
            lessons: {
              create: section.lessons.map((lesson, number) => ({
                slug: slugify(lesson.title),
                title: lesson.title,
                contentMDX: lesson.contentMDX,
                resources: JSON.stringify(lesson.resources),
                position: number,
              })),
            },
          })),
        },
      },
    })
    await logAudit(user.id, 'create', 'track', track.id, { slug: track.slug })
    return NextResponse.json(track, { status: 201 })
  } catch (error) {
    console.error('Track create error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
