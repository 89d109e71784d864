import Link from 'next/link'
import type { ReactNode } from 'react'
import { requireUser } from '@/lib/auth'

export default async function AppLayout({ children }: { children: ReactNode }) {
  const user = await requireUser()
  return (
    <>
      <nav>
        <Link href="/dashboard">Dashboard</Link>
        <Link href="/library">Library</Link>
        <Link href="/macro">Macro</Link>
        <Link href="/videos">Videos</Link>
        <span>{user.name}</span>
      </nav>
      <main>{children}</main>
    </>
  )
}
