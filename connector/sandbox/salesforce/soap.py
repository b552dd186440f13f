"""SOAP login, as far as it still exists: refused from version 65.0 on."""

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from connector.sandbox.http import Call
from connector.sandbox.salesforce.oauth import Sessions, password_fits
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.request import Reply

FIRST_WITHOUT_LOGIN = 65
_XML = {"Content-Type": "text/xml;charset=UTF-8"}
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" {0}>'
    "<soapenv:Body>{1}</soapenv:Body></soapenv:Envelope>"
)
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def _fault(code: str, text: str) -> Reply:
    """A SOAP fault; its HTTP status is 500, as for every fault."""
    detail = (
        '<detail><sf:LoginFault xsi:type="sf:LoginFault">'
        f"<sf:exceptionCode>{code}</sf:exceptionCode>"
        f"<sf:exceptionMessage>{escape(text)}</sf:exceptionMessage></sf:LoginFault></detail>"
    )
    fault = (
        f"<soapenv:Fault><faultcode>sf:{code}</faultcode>"
        f"<faultstring>{code}: {escape(text)}</faultstring>{detail}</soapenv:Fault>"
    )
    spaces = f'xmlns:sf="urn:fault.partner.soap.sforce.com" {_XSI}'
    return Reply(status=500, headers=dict(_XML), raw=_ENVELOPE.format(spaces, fault).encode())


def login(org: Org, sessions: Sessions, call: Call) -> Reply:
    """`/services/Soap/u/NN.N` with a login request in it."""
    version = call.path.rstrip("/").rsplit("/", 1)[1]
    number = version.partition(".")[0]
    if not number.isdigit() or int(number) >= FIRST_WITHOUT_LOGIN or not org.settings.soap_login:
        return _fault(
            "INVALID_OPERATION",
            "The SOAP Login operation is not available in the API version specified "
            f"({version}). Use another authentication method.",
        )
    username, password = _credentials(call.body)
    if not password_fits(org, username, password):
        return _fault(
            "INVALID_LOGIN",
            "Invalid username, password, security token; or user locked out.",
        )
    return _success(org, sessions, version)


def _credentials(body: bytes) -> tuple[str, str]:
    found = {"username": "", "password": ""}
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return "", ""
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name in found:
            found[name] = element.text or ""
    return found["username"], found["password"]


def _success(org: Org, sessions: Sessions, version: str) -> Reply:
    user = org.tables["User"].rows[org.user_id]
    site = f"https://{org.settings.my_domain}/services/Soap"
    info = {
        "accessibilityMode": "false",
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": "5242880",
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDisallowHtmlAttachments": "false",
        "orgHasPersonAccounts": "false",
        "organizationId": org.org_id,
        "organizationMultiCurrency": "false",
        "organizationName": next(iter(org.tables["Organization"].rows.values()))["Name"],
        "profileId": user["ProfileId"],
        "sessionSecondsValid": str(org.settings.session_seconds),
        "userDefaultCurrencyIsoCode": "USD",
        "userEmail": user["Email"],
        "userFullName": user["Name"],
        "userId": org.user_id,
        "userLanguage": user["LanguageLocaleKey"],
        "userLocale": user["LocaleSidKey"],
        "userName": user["Username"],
        "userTimeZone": user["TimeZoneSidKey"],
        "userType": "Standard",
    }
    inner = "".join(f"<{name}>{escape(str(text))}</{name}>" for name, text in info.items())
    result = (
        f"<metadataServerUrl>{site}/m/{version}/{org.org_id}</metadataServerUrl>"
        "<passwordExpired>false</passwordExpired><sandbox>true</sandbox>"
        f"<serverUrl>{site}/u/{version}/{org.org_id}</serverUrl>"
        f"<sessionId>{sessions.open(org.user_id)}</sessionId><userId>{org.user_id}</userId>"
        f"<userInfo>{inner}</userInfo>"
    )
    body = f"<loginResponse><result>{result}</result></loginResponse>"
    spaces = f'xmlns="urn:partner.soap.sforce.com" {_XSI}'
    return Reply(headers=dict(_XML), raw=_ENVELOPE.format(spaces, body).encode())
