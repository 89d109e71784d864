import type { ReactNode } from 'react'

export const metadata = { title: 'Signals', description: 'Learn to trade, together' }

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
