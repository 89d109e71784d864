"""A static index of a project's TypeScript and JavaScript modules: names, functions, classes. Nothing is ever run.

    index = TypeScriptIndex(open_project(path))
    for path in index.matching(re.compile(rb"prisma|drizzle")):     # the others are not even parsed
        module = index.module(path)
        for statement in module.statements: ...                     # Bind, Define, Do …, see `syntax`
        index.release(path)

- `index.resolve(module, "db")` → `Found(module, name)` where the name is bound, imports and re-exports followed; an
  `External("drizzle-orm", "eq")`, also for a file that is not there (a client that is generated when the program is
  built); None where nothing tells. `index.exported(module, "default")` is the same for what a module exports.
- `index.target(module, "./db")` → the module that an import leads to, the specifier of a package, None for a missing
  file.
- `function.body` lowers the body of a function when it is asked for; `module.problems` are the places that could not
  be read.
"""
