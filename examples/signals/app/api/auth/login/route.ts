import { NextResponse } from 'next/server'
import { compare } from 'bcryptjs'
import { SESSION_COOKIE, SESSION_DAYS } from '@/lib/auth'
import { prisma } from '@/lib/prisma'
import { logSecurityEvent } from '@/lib/security-log'
import { newToken } from '@/lib/tokens'
import { loginSchema } from '@/lib/validation/accounts'

export async function POST(request: Request) {
  try {
    const ip = request.headers.get('x-forwarded-for')
    const { email, password } = loginSchema.parse(await request.json())
    const user = await prisma.user.findUnique({ where: { email }, select: { id: true, passwordHash: true } })
    if (!user?.passwordHash || !(await compare(password, user.passwordHash))) {
      await logSecurityEvent('login_failed', { userId: user?.id, ip })
      return NextResponse.json({ error: 'Wrong email or password' }, { status: 401 })
    }
    const { token, tokenHash } = newToken()
    const expires = new Date(Date.now() + SESSION_DAYS * 24 * 60 * 60 * 1000)
    await prisma.session.create({ data: { userId: user.id, tokenHash, expires } })
    await logSecurityEvent('login', { userId: user.id, ip })

    const response = NextResponse.json({ id: user.id })
    response.cookies.set(SESSION_COOKIE, token, { httpOnly: true, sameSite: 'lax', secure: true, expires })
    return response
  } catch (error) {
    console.error('Login error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
