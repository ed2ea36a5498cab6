"""For any WSGI server: `application` is the installation that SRI_CONFIG names."""

from sri_admin.app import create_app
from sri_admin.kernel import logs, settings

_settings = settings.load(settings.path_from_environment())
logs.configure(_settings.log)
application = create_app(_settings)
