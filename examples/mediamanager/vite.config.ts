import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: folder("./client"),
  plugins: [react()],
  resolve: { alias: { "@": folder("./client/src"), "@shared": folder("./shared") } },
  build: { outDir: folder("./dist/public"), emptyOutDir: true },
});
