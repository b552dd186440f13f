"""Company names without their legal form, and web domains without mail providers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.companies import company_key, name_similarity, web_domain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme, Inc.", "ACME Corporation"),
        ("SARL Dupont & Fils", "Dupont et Fils"),
        ("L'Étoile S.A.S.", "L’Etoile SAS"),
        ("Müller GmbH & Co. KG", "MULLER"),
        ("Foo Sp. z o.o.", "foo"),
        ("A.P. Møller - Mærsk A/S", "AP Moller Maersk"),
        ("The Ladder Company Ltd", "Ladder"),
        ("Group", "GROUP S.A."),
    ],
)
def test_the_same_company_under_other_spellings(one, other):
    assert name_similarity(one, other) >= 0.92


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Studio 54", "Studio 55"),
        ("Delta One", "Delta Two"),
        ("Acme", "Acme Robotics"),
        ("Northern Water Works", "Southern Water Works"),
        ("", "Acme"),
        ("...", "---"),
    ],
)
def test_other_companies_stay_other_companies(one, other):
    assert name_similarity(one, other) < 0.92


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_is_symmetric_and_never_fails(one, other):
    assert name_similarity(one, other) == name_similarity(other, one)
    assert 0 <= name_similarity(one, other) <= 1
    assert company_key(company_key(one)) == company_key(company_key(company_key(one)))


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://www.blog.acme.co.uk/x?y=1", "acme.co.uk"),
        ("ACME.example.com", "example.com"),
        ("jo@sales.acme.de", "acme.de"),
        ("jo@gmail.com", None),
        ("https://gmail.com", None),
        ("https://www.acme.example/de", "acme.example"),
        ("localhost", None),
        ("http://192.0.2.7/", None),
        ("", None),
        (None, None),
    ],
)
def test_the_registrable_domain(address, domain):
    assert web_domain(address) == domain
