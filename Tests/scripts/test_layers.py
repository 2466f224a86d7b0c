"""Every rule of scripts/lib/layers.py: the tree keeps it, and a twin that breaks it is caught."""

import os
import shutil
import tempfile
import unittest

import layers
from package import ROOT, tracked

SOURCES = ("Package.swift", "Sources/", "functions/")
FUNCTION = "functions/auth-profile-setup/AuthProfileSetup.swift"


class Layers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = [path for path in tracked(ROOT) if path.startswith(SOURCES)]

    def setUp(self):
        self.tree = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.tree)
        for path in self.files:
            os.makedirs(os.path.dirname(os.path.join(self.tree, path)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, path), os.path.join(self.tree, path))

    def write(self, path, text):
        os.makedirs(os.path.dirname(os.path.join(self.tree, path)), exist_ok=True)
        with open(os.path.join(self.tree, path), "w", encoding="utf-8") as file:
            file.write(text)

    def edit(self, path, old, new):
        with open(os.path.join(self.tree, path), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        self.write(path, text.replace(old, new, 1))

    def errors(self):
        rules = layers.Rules(self.tree)
        rules.check()
        return rules.errors

    def assert_caught(self, *words):
        errors = self.errors()
        self.assertTrue(any(all(word in error for word in words) for error in errors), errors)

    def test_the_repository_keeps_every_rule(self):
        rules = layers.Rules(ROOT)
        rules.check()
        self.assertEqual(rules.errors, [])

    def test_the_copy_that_the_twins_are_made_of_is_clean(self):
        self.assertEqual(self.errors(), [])

    def test_a_module_may_not_import_one_above_it(self):
        self.write("Sources/Loop/Twin.swift", "import Core\n")
        self.assert_caught("Sources/Loop/Twin.swift:1", "Loop may not import Core")

    def test_neighbours_do_not_know_each_other(self):
        self.write("Sources/HTTP/Twin.swift", "import Loop\nprivate import Postgres\n")
        self.assert_caught("Sources/HTTP/Twin.swift:2", "HTTP may not import Postgres")

    def test_the_dispatcher_knows_no_database(self):
        self.write("Sources/dispatcher/Twin.swift", "import Postgres\n")
        self.assert_caught("dispatcher may not import Postgres")

    def test_a_second_importer_of_a_c_module(self):
        for module, owner in layers.WRAPPERS.items():
            self.write("Sources/Telemetry/Twin.swift", f"internal import {module}\n")
            self.assert_caught(f"imports {module}, whose one importer is {owner}")

    def test_a_function_never_imports_another(self):
        self.write("functions/other/Other.swift", "import auth_profile_setup\n@main struct Other {}\n")
        self.assert_caught("other may not import auth_profile_setup")

    def test_a_function_imports_one_domain_at_most(self):
        self.edit("Package.swift", "let modules: [(name: String, uses: [Target.Dependency])] = [\n",
                  'let modules: [(name: String, uses: [Target.Dependency])] = [\n  ("Jobs", ["Core"]),\n  ("Billing", ["Core"]),\n')
        self.write("functions/auth-profile-setup/Twin.swift", "import Jobs\nimport Billing\n")
        self.assert_caught("one domain at most: Billing, Jobs")

    def test_full_foundation(self):
        for line in ("import Foundation", "@preconcurrency import Foundation", "import struct Foundation.Date",
                     "let a = 1; import FoundationNetworking", "internal import FoundationInternationalization"):
            self.write("Sources/Core/Twin.swift", line + "\n")
            self.assert_caught("Sources/Core/Twin.swift:1", "FoundationEssentials, if anything")

    def test_full_foundation_in_a_test(self):
        self.write("Tests/CoreTests/Twin.swift", "@testable import Core\nimport Foundation\n")
        self.assert_caught("Tests/CoreTests/Twin.swift:2", "FoundationEssentials, if anything")

    def test_a_package_of_somebody_else(self):
        self.write("Sources/Core/Twin.swift", "import NIOCore\n")
        self.assert_caught("NIOCore", "neither ours nor")

    def test_an_import_that_the_manifest_does_not_list(self):
        self.edit("Package.swift", '("Telemetry", ["Loop"])', '("Telemetry", [])')
        self.write("Sources/Telemetry/Twin.swift", "import Loop\n")
        self.assert_caught("which Package.swift does not list for Telemetry")

    def test_words_in_comments_and_literals_are_no_imports(self):
        self.write("Sources/Core/Twin.swift",
                   '// import Foundation\n/* import NIO\nimport Foundation */\nlet a = "import Foundation"\n'
                   'let b = """\nimport Foundation\n@unchecked Sendable try! x\n"""\nlet c = #"fatalError("#\n')
        self.assertEqual(self.errors(), [])

    def test_escapes_without_their_reason(self):
        for escape in ("final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1", "unsafeBitCast(a, to: Int.self)"):
            self.write("Sources/Telemetry/Twin.swift", escape + "\n")
            self.assert_caught("Sources/Telemetry/Twin.swift:1", "without a '// Safety:' sentence")

    def test_more_than_five_escapes_in_all(self):
        for module in ("Loop", "Telemetry", "HTTP", "HTTPClient", "Postgres", "Core"):
            self.write(f"Sources/{module}/Twin.swift", "// Safety: none.\nnonisolated(unsafe) var a = 1\n")
        self.assert_caught("5 at most")

    def test_words_that_have_no_place(self):
        for line in ("let a = try! b()", "let a = b as! Int", 'fatalError("no")', "public struct A {}", "open class A {}"):
            self.write("Sources/Core/Twin.swift", line + "\n")
            self.assert_caught("Sources/Core/Twin.swift:1", "has no place here")

    def test_a_file_of_more_than_400_lines(self):
        self.write("Sources/Core/Twin.swift", "//\n" * 400)
        self.assertEqual(self.errors(), [])
        self.write("Sources/Core/Twin.swift", "//\n" * 401)
        self.assert_caught("401 lines")

    def test_a_ninth_name_at_the_top(self):
        self.write("Makefile", "all:\n")
        self.assert_caught("Makefile", "the top level holds only")

    def test_a_function_without_its_row(self):
        self.write("functions/other/Other.swift", "@main struct Other {}\n")
        self.assert_caught("functions/other", "has no row in Package.swift")

    def test_a_row_without_its_folder(self):
        self.edit("Package.swift", '("auth-profile-setup"', '("auth-other", ["Core"]),\n  ("auth-profile-setup"')
        self.assert_caught("'auth-other' has no folder")

    def test_rows_that_are_not_sorted(self):
        self.edit("Package.swift", '("auth-profile-setup", ["Core", "Postgres"])',
                  '("auth-profile-setup", ["Core", "Postgres"]),\n  ("a-first", ["Core"])')
        self.assert_caught("sorted by name")

    def test_a_function_whose_file_has_another_name(self):
        os.rename(os.path.join(self.tree, FUNCTION), os.path.join(self.tree, "functions/auth-profile-setup/Main.swift"))
        self.assert_caught("its file is called AuthProfileSetup.swift")

    def test_a_function_whose_type_has_another_name(self):
        self.edit(FUNCTION, "struct AuthProfileSetup", "struct ProfileSetup")
        self.assert_caught("holds '@main struct AuthProfileSetup'")

    def test_a_function_whose_name_is_not_kebab_case(self):
        self.write("functions/Other_one/Other_one.swift", "@main struct Other_one {}\n")
        self.assert_caught("functions/Other_one", "kebab-case")

    def test_a_module_that_the_layers_do_not_know(self):
        self.write("Sources/Helpers/Twin.swift", "import Loop\n")
        self.assert_caught("'Helpers' has no row in the layers")
