import {globSync} from 'tinyglobby'
import {defineConfig} from 'tsdown'
import {slim} from './scripts/bundle-slim.ts'

const commands = globSync('src/commands/**/*.ts')

/**
 * One small CommonJS file a command, with what they share in chunks: nothing to resolve at start-up, nothing to install
 * for the user. Measured in docs/performance.md.
 */
export default defineConfig({
  entry: {
    main: 'src/cli/main.ts',
    ...Object.fromEntries(commands.map(file => [file.replace(/^src\/(.*)\.ts$/, '$1'), file])),
  },
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  outDir: 'dist',
  clean: true,
  dts: false,
  sourcemap: false,
  minify: true,
  deps: {alwaysBundle: /./, neverBundle: ['typescript', 'ts-node', 'tsx', 'tsx/esm/api', 'tsx/cjs/api']},
  plugins: [slim()],
  outputOptions: {
    // What nearly every command needs is one file: opening forty small ones took as long as running what is in them.
    codeSplitting: {
      groups: [
        {
          name: 'ground',
          test: /[\\/]src[\\/](errors|report|snapshot|render[\\/]text|config[\\/](?!file-schema))/,
        },
        {name: 'broker', test: /[\\/]src[\\/]sources[\\/](celery|redis|target)[\\/]/},
      ],
    },
  },
  inputOptions: {onLog: (level, log, handler) => (log.code === 'EVAL' ? undefined : handler(level, log))},
})
