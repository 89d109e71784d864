import { NextResponse } from 'next/server'
import { hash } from 'bcryptjs'
import { SESSION_COOKIE, SESSION_DAYS } from '@/lib/auth'
import { prisma } from '@/lib/prisma'
import { newToken } from '@/lib/tokens'
import { registerSchema } from '@/lib/validation/accounts'

export async function POST(request: Request) {
  try {
    const { email, name, password } = registerSchema.parse(await request.json())
    const passwordHash = await hash(password, 12)
    const user = await prisma.user.create({ data: { email, name, passwordHash, role: 'member' } })
    await prisma.account.create({
      data: { userId: user.id, type: 'credentials', provider: 'email', providerAccountId: email },
    })
    const { token, tokenHash } = newToken()
    const expires = new Date(Date.now() + SESSION_DAYS * 24 * 60 * 60 * 1000)
    await prisma.session.create({ data: { userId: user.id, tokenHash, expires } })

    const response = NextResponse.json({ id: user.id }, { status: 201 })
    response.cookies.set(SESSION_COOKIE, token, { httpOnly: true, sameSite: 'lax', secure: true, expires })
    return response
  } catch (error) {
    console.error('Registration error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
