FROM python:3.13-slim

# A fixed number, so that the proxy can run under the same account and read the recordings.
RUN useradd --uid 10001 --create-home dala && install -d -o dala -g dala -m 700 /data && install -d -o dala /app
WORKDIR /app

COPY requirements-setup.lock requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-setup.lock \
    && uv pip install --system --no-cache --require-hashes -r requirements.lock

USER dala
COPY --chown=dala:dala . .
ENV DATA_DIR=/data STATIC_ROOT=/app/staticfiles PYTHONUNBUFFERED=1
# The key signs nothing here and is not kept in the image; the settings only insist on having one.
RUN SECRET_KEY=for-this-build-step-only-0123456789 python manage.py compilemessages \
    && SECRET_KEY=for-this-build-step-only-0123456789 python manage.py collectstatic --no-input

EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
