'use client'

import { useTransition } from 'react'
import { bookmarkContent } from '@/lib/actions/bookmarks'

export function BookmarkButton({ contentId }: { contentId: string }) {
  const [pending, start] = useTransition()
  return (
    <button disabled={pending} onClick={() => start(() => bookmarkContent({ contentId }))}>
      Bookmark
    </button>
  )
}
