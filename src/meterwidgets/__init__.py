"""See where an organisation's language-model tokens and money go.

Importing this package costs nothing: a name of ``__init__.pyi`` is loaded when it is
first used, and type checkers read the same list.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
