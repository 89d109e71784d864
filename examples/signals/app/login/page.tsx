'use client'

import { useRouter } from 'next/navigation'
import { useState, type FormEvent } from 'react'

export default function LoginPage() {
  const router = useRouter()
  const [problem, setProblem] = useState<string | null>(null)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(event.currentTarget))
    const response = await fetch('/api/auth/login', { method: 'POST', body: JSON.stringify(fields) })
    if (response.ok) router.push('/dashboard')
    else setProblem((await response.json()).error)
  }

  return (
    <form onSubmit={submit}>
      <h1>Signals</h1>
      <input name="email" type="email" required />
      <input name="password" type="password" required />
      {problem && <p role="alert">{problem}</p>}
      <button type="submit">Sign in</button>
    </form>
  )
}
