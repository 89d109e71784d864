-- CreateIndex
CREATE INDEX "Content_kind_idx" ON "Content"("kind");

-- CreateIndex
CREATE INDEX "Content_publishedAt_idx" ON "Content"("publishedAt" DESC);

-- CreateIndex
CREATE INDEX "Content_locked_idx" ON "Content"("locked");

-- CreateIndex
CREATE INDEX "Content_minTier_idx" ON "Content"("minTier");

-- CreateIndex
CREATE INDEX "Content_authorId_publishedAt_idx" ON "Content"("authorId", "publishedAt" DESC);

-- CreateIndex
CREATE INDEX "Content_clientId_kind_publishedAt_idx" ON "Content"("clientId", "kind", "publishedAt" DESC);

-- CreateIndex
CREATE INDEX "Episode_category_idx" ON "Episode"("category");

-- CreateIndex
CREATE INDEX "Message_channelId_idx" ON "Message"("channelId");

-- CreateIndex
CREATE INDEX "Message_createdAt_idx" ON "Message"("createdAt" DESC);

-- CreateIndex
CREATE INDEX "Message_channelId_createdAt_idx" ON "Message"("channelId", "createdAt" DESC);
