// FunctionTests
