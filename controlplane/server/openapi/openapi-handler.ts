import type { Exchange } from '../exchange.ts';
export async function serveOpenApi(_exchange: Exchange): Promise<boolean> {
  return false;
}
