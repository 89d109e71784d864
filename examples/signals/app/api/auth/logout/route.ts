import { cookies } from 'next/headers'
import { NextResponse } from 'next/server'
import { SESSION_COOKIE } from '@/lib/auth'
import { prisma } from '@/lib/prisma'
import { hashToken } from '@/lib/tokens'

export async function POST() {
  const jar = await cookies()
  const token = jar.get(SESSION_COOKIE)?.value
  if (token) {
    await prisma.session.deleteMany({ where: { tokenHash: hashToken(token) } })
    jar.delete(SESSION_COOKIE)
  }
  return NextResponse.json({ ok: true })
}
