import { revalidateTag } from 'next/cache'
import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { logAudit } from '@/lib/audit'
import { CONTENT_TAG } from '@/lib/cache-tags'
import { prisma } from '@/lib/prisma'
import { contentChangeSchema } from '@/lib/validation/content'

type Context = { params: Promise<{ id: string }> }

export async function PATCH(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { id } = await params
    const { tags, ...changes } = contentChangeSchema.parse(await request.json())
    const content = await prisma.content.update({
      where: { id },
      data: { ...changes, ...(tags ? { tags: JSON.stringify(tags) } : {}) },
    })
    await logAudit(user.id, 'update', 'content', content.id, changes)
    revalidateTag(CONTENT_TAG)
    return NextResponse.json(content)
  } catch (error) {
    console.error('Content update error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}

export async function DELETE(_request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'admin')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { id } = await params
    await prisma.content.delete({ where: { id } })
    await logAudit(user.id, 'delete', 'content', id)
    revalidateTag(CONTENT_TAG)
    return new NextResponse(null, { status: 204 })
  } catch (error) {
    console.error('Content delete error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
