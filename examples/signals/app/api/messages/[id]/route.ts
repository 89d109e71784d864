import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ id: string }> }

export async function PATCH(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { id } = await params
    const { text } = await request.json()
    const { count } = await prisma.message.updateMany({
      where: { id, userId: user.id },
      data: { body: text, editedAt: new Date() },
    })
    if (!count) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    return NextResponse.json({ ok: true })
  } catch (error) {
    console.error('Message edit error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
